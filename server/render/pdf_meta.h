/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pdf_meta - what makes the document PDF/A-2b (ISO 19005-2) and how it is to be
 * printed: XMP and document information that agree, a gray output intent, an ID
 * that follows from the content. No date and no random number, so that the same
 * input gives the same bytes. kofu-seal reads all of it back (seal/pdfmeta.c).
 */
#pragma once
#include "pdf_obj.h"

enum { PDF_META_ID_BYTES = 16, PDF_META_TITLE_MAX_CHARS = 99 };

/* @title: one of ours, in the BMP, without the signs of XML. Refusals of libharu stay in @p. */
void pdf_meta_set(struct pdf *p, const char *title, const uint8_t id[PDF_META_ID_BYTES]);
