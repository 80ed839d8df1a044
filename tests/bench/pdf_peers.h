/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pdf_peers - a certificate's display lists as a PDF by what else one might
 * take: cairo, and libharu as its manual has it. Only for bench_pdf.c.
 *
 * Each draws the same texts, rules and stencils at the same places, fronts and
 * backs; the image of a back and its grid are left out, in their favour.
 */
#pragma once
#include "server/render/engine.h"

/* Bytes of the PDF; 0 = refused. */
size_t peer_cairo(const struct render_fonts *f, const struct engine_doc *d);
/* HPDF_LoadTTFontFromFile and "UTF-8", anew for each document. It loses what is not in the BMP. */
size_t peer_stock(const char *font_path, const struct engine_doc *d);
