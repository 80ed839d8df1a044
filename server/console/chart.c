/* SPDX-License-Identifier: Apache-2.0 */
#include "server/console/chart.h"

enum {
	WIDTH = 960,
	HEIGHT = 340,
	LEFT = 70,
	RIGHT = 16,
	TOP = 60,
	BOTTOM = 40,
	PLOT_W = WIDTH - LEFT - RIGHT,
	PLOT_H = HEIGHT - TOP - BOTTOM,
	LINES = 5,
	MAX_LABELS = 16,
	LEGEND_STEP = 180,
};

int64_t
chart_axis_end(int64_t most)
{
	static const int64_t steps[] = { 1, 2, 5 };
	for (int64_t ten = 1; ten < INT64_MAX / 100; ten *= 10)
		for (unsigned i = 0; i < 3; i++)
			if (steps[i] * ten >= most && steps[i] * ten >= LINES)
				return steps[i] * ten;
	return most;
}

static void
put_escaped(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++)
		switch (*s) {
		case '<':
			buf_text(out, "&lt;");
			break;
		case '&':
			buf_text(out, "&amp;");
			break;
		case '"':
			buf_text(out, "&quot;");
			break;
		default:
			buf_u8(out, (uint8_t)*s);
		}
}

/* Coordinates are tenths: no floating point, no locale. */
static void
put_tenths(struct buf *out, const char *name, int64_t tenths)
{
	buf_printf(out, " %s=\"%lld.%d\"", name, (long long)(tenths / 10), (int)(tenths % 10));
}

static void
put_text(struct buf *out, int64_t x10, int y, const char *anchor, const char *text)
{
	buf_text(out, "<text");
	put_tenths(out, "x", x10);
	buf_printf(out, " y=\"%d\" text-anchor=\"%s\">", y, anchor);
	put_escaped(out, text);
	buf_text(out, "</text>");
}

static int64_t
most_of(const struct chart *c)
{
	int64_t most = 0;
	for (unsigned i = 0; i < c->n_bars; i++) {
		int64_t sum = 0;
		for (unsigned s = 0; s < c->n_series; s++)
			sum += c->series[s].values[i];
		most = sum > most ? sum : most;
	}
	return most;
}

static void
lines_draw(struct buf *out, int64_t end)
{
	for (int i = 0; i <= LINES; i++) {
		char number[24];
		int y = TOP + PLOT_H - PLOT_H * i / LINES;
		struct buf b;
		buf_init(&b, sizeof(number));
		buf_printf(&b, "%lld", (long long)(end * i / LINES));
		buf_u8(&b, 0);
		buf_printf(out, "<path d=\"M%d %dh%d\" stroke=\"%s\"/>", LEFT, y, PLOT_W,
		    i == 0 ? "#1c1c1c" : "#c8ccd2");
		put_text(out, (LEFT - 8) * 10, y + 5, "end", (const char *)b.p);
		buf_done(&b);
	}
}

/* Narrow bars have no gap between them that would eat them up. */
static void
bars_draw(const struct chart *c, struct buf *out, int64_t end)
{
	int64_t step10 = PLOT_W * 10 / c->n_bars;
	int64_t width10 = c->n_bars > PLOT_W / 4 ? step10 : step10 * 8 / 10;
	for (unsigned i = 0; i < c->n_bars; i++) {
		int64_t below = 0;
		for (unsigned s = 0; s < c->n_series; s++) {
			int64_t v = c->series[s].values[i];
			int64_t low10 = below * PLOT_H * 10 / end;
			int64_t high10 = (below + v) * PLOT_H * 10 / end;
			below += v;
			if (v == 0)
				continue;
			buf_text(out, "<rect");
			put_tenths(out, "x", LEFT * 10 + step10 * i + (step10 - width10) / 2);
			put_tenths(out, "y", (TOP + PLOT_H) * 10 - high10);
			put_tenths(out, "width", width10);
			put_tenths(out, "height", high10 - low10);
			buf_printf(out, " fill=\"%s\"/>", c->series[s].fill);
		}
	}
}

static void
labels_draw(const struct chart *c, struct buf *out)
{
	int64_t step10 = PLOT_W * 10 / c->n_bars;
	unsigned every = (c->n_bars + MAX_LABELS - 1) / MAX_LABELS;
	for (unsigned i = 0; i < c->n_bars; i += every)
		put_text(out, LEFT * 10 + step10 * i + step10 / 2, TOP + PLOT_H + 22, "middle",
		    c->labels[i]);
}

void
chart_draw(const struct chart *c, struct buf *out)
{
	int64_t end = chart_axis_end(most_of(c));
	buf_printf(out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
	    "font-family=\"BIZ UDPGothic, Noto Sans CJK JP, sans-serif\" "
	    "font-size=\"14\" fill=\"#1c1c1c\"><title>",
	    WIDTH, HEIGHT);
	put_escaped(out, c->title);
	buf_printf(out, "</title><rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>", WIDTH, HEIGHT);
	put_text(out, LEFT * 10, 22, "start", c->title);
	for (unsigned s = 0; s < c->n_series; s++) {
		int x = LEFT + (int)s * LEGEND_STEP;
		buf_printf(out, "<rect x=\"%d\" y=\"34\" width=\"14\" height=\"14\" fill=\"%s\"/>",
		    x, c->series[s].fill);
		put_text(out, (x + 20) * 10, 46, "start", c->series[s].name);
	}
	lines_draw(out, end);
	bars_draw(c, out, end);
	labels_draw(c, out);
	buf_text(out, "</svg>");
}
