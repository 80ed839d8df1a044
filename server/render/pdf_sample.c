/* SPDX-License-Identifier: Apache-2.0 */
#include "pdf_sample.h"

enum { PAGE_W_PT = 595, LEFT_PT = 130, FIRST_PT = 20, STEP_PT = 240 };

int
pdf_sample_shape(struct arena *a, struct render_fonts *f, const struct profile *p,
    struct shape_run *ret, struct err *err)
{
	struct fontset_stack stack;
	int r = fontset_stack(f, p->muni, &stack, err);
	if (r)
		return err_trace(err, r, "sample");
	return shape_text(a, &stack, "見本", ret) == 0
	    ? 0
	    : err_raise(err, FAULT_CONFIG, "sample: no glyph", 0);
}

/* Turned by 30 degrees: its cosine is 0.866. */
void
pdf_sample_place(struct buf *b, unsigned line, const struct shape_run *run)
{
	int width_pt = (int)(run->advance * PDF_SAMPLE_PT / 1000 * 866 / 1000);
	int x = width_pt + LEFT_PT < PAGE_W_PT ? LEFT_PT : 0;
	buf_printf(b, "BT /F1 %d Tf 0.866 0.5 -0.5 0.866 %d %d Tm <", PDF_SAMPLE_PT, x,
	    FIRST_PT + (int)line * STEP_PT);
}
