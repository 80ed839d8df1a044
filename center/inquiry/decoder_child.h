/* SPDX-License-Identifier: Apache-2.0 */
/* decoder_child - the inside of the single-use decoder; see decoder.h for the outside. */
#pragma once
#include "center/inquiry/decoder.h"

/* First byte of a request; answers start with i32 result. */
enum decoder_op { DECODER_OP_READ = 1, DECODER_OP_COMPARE = 2, DECODER_OP_PNG = 3 };
/* In place of a result: another message will follow. */
enum { DECODER_PROGRESS = 1999 };
enum { FRONT_BYTES = FRONT_ROW_BYTES * FRONT_H };

/* Serves one job on @fd and ends the process. */
_Noreturn void decoder_child_run(int fd);
/*
 * pdftoppm as a further process behind the same walls, @cpu_s seconds of processor
 * time long: PDF bytes to PGM bytes. 0 or LOAD_E_*.
 */
MUST_USE int decoder_pdf_to_pgm(
    const void *pdf, size_t bytes, unsigned cpu_s, struct buf *out, struct err *err);
/*
 * Limits, then a seccomp filter: no file is opened, nothing is executed, no socket
 * made. After @cpu_s seconds of processor time the process ends, unless
 * decoder_wall_extend() gave it more, up to DECODER_CPU_S.
 */
MUST_USE int decoder_wall_child(unsigned cpu_s, struct err *err);
MUST_USE int decoder_wall_extend(unsigned more_s, struct err *err);
/* The same for pdftoppm, which must open its libraries and fonts: no network, no writing. */
MUST_USE int decoder_wall_pdf(unsigned cpu_s, struct err *err);
