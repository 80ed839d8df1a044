/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draw_states OUT.svg: the kiosk's session as a drawing, from the table in
 * kiosk/session/session.c alone. Each state is a card with every row of the
 * table that it has; ways on and back are lines, ways out are named in red.
 * The same table always gives the same bytes, so that a test can tell whether
 * docs/kiosk-states.svg is stale.
 */
#include "kiosk/session/session.h"

#include <stdio.h>
#include <string.h>

enum {
	MARGIN = 40,
	TOP = 120,
	CARD_W = 330,
	COLUMN_GAP = 120,
	RIGHT = 90,
	HEAD_H = 36,
	ROW_H = 21,
	CARD_GAP = 30,
	COLUMNS = 5
};

/* Which column a state stands in; its place in it is its place in the table. 0 = not drawn. */
static const struct {
	int column;
	const char *words;
} places[SESSION_N_STATES] = {
	[SESSION_IDLE] = { 1, "待受" },
	[SESSION_CONSENT] = { 1, "同意" },
	[SESSION_CARD] = { 1, "カードを置く" },
	[SESSION_READING] = { 1, "読み取り" },
	[SESSION_PIN_WARN] = { 2, "あと1回" },
	[SESSION_PIN] = { 2, "暗証番号" },
	[SESSION_SIGNING] = { 2, "本人確認" },
	[SESSION_TAKE_CARD] = { 2, "カードを取る" },
	[SESSION_LOADING] = { 2, "読み込み" },
	[SESSION_KIND] = { 3, "証明書" },
	[SESSION_SCOPE] = { 3, "範囲" },
	[SESSION_PERSONS] = { 3, "載せる人" },
	[SESSION_OPTIONS] = { 3, "載せる項目" },
	[SESSION_COPIES] = { 3, "部数" },
	[SESSION_CONFIRM] = { 3, "確認" },
	[SESSION_ORDERING] = { 4, "作成" },
	[SESSION_PAY] = { 4, "支払い" },
	[SESSION_RELEASING] = { 4, "印刷の許し" },
	[SESSION_PRINTING] = { 4, "印刷中" },
	[SESSION_ATTENTION] = { 4, "係員" },
	[SESSION_SETTLING] = { 5, "仕上げ" },
	[SESSION_TAKE_PAPER] = { 5, "受け取り" },
	[SESSION_END] = { 5, "終了" },
	[SESSION_VOIDING] = { 5, "取り消し" },
	[SESSION_ERROR] = { 5, "お知らせ" },
	[SESSION_CARD_LEFT] = { 5, "取り忘れ" },
};

static const char *const column_words[COLUMNS] = { "はじめ", "カードと暗証番号", "内容を選ぶ",
	"支払いと印刷", "おわり" };

static const struct session_row *rows;
static size_t n_rows;
static int card_y[SESSION_N_STATES];
static int bottom;

static int
card_x(enum session_state st)
{
	return MARGIN + (places[st].column - 1) * (CARD_W + COLUMN_GAP);
}

static int
card_rows(enum session_state st)
{
	int n = 0;
	for (size_t i = 0; i < n_rows; i++)
		n += rows[i].state == st;
	return n;
}

static int
card_height(enum session_state st)
{
	return HEAD_H + 8 + ROW_H * card_rows(st);
}

/* False when a state has no place: the drawing would lack it. */
static bool
lay_out(void)
{
	for (int column = 1; column <= COLUMNS; column++) {
		int y = TOP;
		for (int st = 0; st < SESSION_N_STATES; st++) {
			if (places[st].column == 0)
				return false;
			if (places[st].column != column)
				continue;
			card_y[st] = y;
			y += card_height((enum session_state)st) + CARD_GAP;
		}
		bottom = y > bottom ? y : bottom;
	}
	return true;
}

/* Ways out of the session are named, not drawn: nearly every state has them. */
static bool
is_way_out(const struct session_row *r)
{
	bool by_trouble = r->event == SESSION_EV_CANCEL || r->event == SESSION_EV_FAILED ||
	    r->event == SESSION_EV_TIMEOUT || r->event == SESSION_EV_CARD_OUT;
	bool to_end = r->next == SESSION_IDLE || r->next == SESSION_ERROR ||
	    r->next == SESSION_CARD_LEFT || r->next == SESSION_VOIDING;
	return by_trouble && to_end;
}

static int
row_y(size_t at)
{
	int n = 0;
	for (size_t i = 0; i < at; i++)
		n += rows[i].state == rows[at].state;
	return card_y[rows[at].state] + HEAD_H + 4 + n * ROW_H + ROW_H / 2;
}

static void
draw_line(FILE *f, size_t at)
{
	const struct session_row *r = &rows[at];
	int x1 = card_x(r->state) + CARD_W;
	int y1 = row_y(at);
	int y2 = card_y[r->next] + HEAD_H / 2;
	int from = places[r->state].column, to = places[r->next].column;
	const char *look =
	    r->event == SESSION_EV_BACK || r->event == SESSION_EV_BACK_TO_KIND ? "back" : "on";
	if (from == to) {
		int bow = 26 + (y2 > y1 ? y2 - y1 : y1 - y2) / 9;
		bow = bow > COLUMN_GAP - 12 ? COLUMN_GAP - 12 : bow;
		fprintf(f, "<path class=\"%s\" d=\"M%d %d C%d %d %d %d %d %d\"/>\n", look, x1, y1,
		    x1 + bow, y1, x1 + bow, y2, x1 + 2, y2);
		return;
	}
	int x2 = card_x(r->next);
	int mid = COLUMN_GAP / 2;
	fprintf(f, "<path class=\"%s\" d=\"M%d %d C%d %d %d %d %d %d\"/>\n", look, x1, y1, x1 + mid,
	    y1, x2 - mid, y2, x2 - 2, y2);
}

static void
draw_row(FILE *f, size_t at)
{
	const struct session_row *r = &rows[at];
	int x = card_x(r->state), y = row_y(at) + 5;
	const char *look = is_way_out(r) ? "out" : r->next == r->state ? "same" : "go";
	fprintf(f, "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>", look, x + 14, y,
	    session_event_name(r->event));
	if (r->action != SESSION_DO_NONE)
		fprintf(f, "<text class=\"%s act\" x=\"%d\" y=\"%d\">%s</text>", look, x + 142, y,
		    session_action_name(r->action));
	if (r->next != r->state)
		fprintf(f, "<text class=\"%s to\" x=\"%d\" y=\"%d\">→ %s</text>", look,
		    x + CARD_W - 12, y, session_state_info(r->next)->name);
	fputs("\n", f);
}

static void
draw_card(FILE *f, enum session_state st)
{
	static const char *const watches[] = { "", " · card", " · till", " · printer" };
	const struct session_state_info *i = session_state_info(st);
	int x = card_x(st), y = card_y[st];
	fprintf(f, "<rect class=\"card\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"10\"/>",
	    x, y, CARD_W, card_height(st));
	fprintf(f,
	    "<path class=\"head\" d=\"M%d %d v-%d a10 10 0 0 1 10 -10 h%d a10 10 0 0 1 10 10 "
	    "v%dz\"/>\n",
	    x, y + HEAD_H, HEAD_H - 10, CARD_W - 20, HEAD_H - 10);
	fprintf(f,
	    "<text class=\"name\" x=\"%d\" y=\"%d\">%s<tspan class=\"words\" dx=\"8\">%s</tspan>"
	    "</text>",
	    x + 14, y + 24, i->name, places[st].words);
	fprintf(f, "<text class=\"limit\" x=\"%d\" y=\"%d\">%lld s%s</text>\n", x + CARD_W - 12,
	    y + 24, (long long)(i->limit_ms / 1000), watches[i->watch]);
}

static void
draw_head(FILE *f)
{
	int width = MARGIN + COLUMNS * CARD_W + (COLUMNS - 1) * COLUMN_GAP + RIGHT;
	fprintf(f,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
	    "font-family=\"'BIZ UDPGothic','Noto Sans CJK JP',sans-serif\" font-size=\"13\">\n"
	    "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
	    "<!-- Drawn by kiosk/session/draw_states.c from the table in session.c; do not edit. "
	    "-->\n"
	    "<title>The session of kofu-kiosk</title>\n",
	    width, bottom + 20);
	fputs("<style>.card{fill:#fff;stroke:#8b97ad;stroke-width:1.5}.head{fill:#0b3d91}"
	      ".name{fill:#fff;font-size:16px;font-weight:700}.words{font-size:13px;"
	      "font-weight:400}.limit{fill:#dfe9fb;text-anchor:end;font-size:12px}"
	      ".go{fill:#14213d;font-weight:700}.same{fill:#46536e}.out{fill:#a8200d}"
	      ".act{font-weight:400;font-style:italic}.to{text-anchor:end}"
	      ".on{fill:none;stroke:#0b3d91;stroke-width:1.8;marker-end:url(#on)}"
	      ".back{fill:none;stroke:#8b97ad;stroke-width:1.4;stroke-dasharray:5 4;"
	      "marker-end:url(#back)}.title{font-size:24px;font-weight:700;fill:#14213d}"
	      ".column{font-size:17px;font-weight:700;fill:#0b3d91}.key{fill:#46536e}</style>\n"
	      "<defs><marker id=\"on\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" "
	      "markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" "
	      "fill=\"#0b3d91\"/></marker><marker id=\"back\" viewBox=\"0 0 8 8\" refX=\"7\" "
	      "refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path "
	      "d=\"M0 0 8 4 0 8z\" fill=\"#8b97ad\"/></marker></defs>\n",
	    f);
	fprintf(f, "<rect width=\"%d\" height=\"%d\" fill=\"#eef2f8\"/>\n", width, bottom + 20);
	fprintf(f,
	    "<text class=\"title\" x=\"%d\" y=\"46\">kofu-kiosk: %d states, %zu rows</text>"
	    "<text class=\"key\" x=\"%d\" y=\"72\">event, <tspan font-style=\"italic\">action"
	    "</tspan>, → next state. Each state ends by itself after its seconds (timeout); "
	    "what is watched meanwhile stands beside them. "
	    "<tspan fill=\"#a8200d\">Red: ways out of the session.</tspan></text>\n",
	    MARGIN, SESSION_N_STATES, n_rows, MARGIN);
	for (int i = 0; i < COLUMNS; i++)
		fprintf(f, "<text class=\"column\" x=\"%d\" y=\"%d\">%s</text>",
		    MARGIN + i * (CARD_W + COLUMN_GAP), TOP - 14, column_words[i]);
	fputs("\n", f);
}

static void
draw(FILE *f)
{
	draw_head(f);
	for (size_t i = 0; i < n_rows; i++)
		if (!is_way_out(&rows[i]) && rows[i].next != rows[i].state &&
		    rows[i].next != SESSION_IDLE)
			draw_line(f, i);
	for (int st = 0; st < SESSION_N_STATES; st++)
		draw_card(f, (enum session_state)st);
	for (size_t i = 0; i < n_rows; i++)
		draw_row(f, i);
	fputs("</svg>\n", f);
}

int
main(int argc, char **argv)
{
	rows = session_table(&n_rows);
	if (argc != 2) {
		fputs("usage: draw_states OUT.svg\n", stderr);
		return 2;
	}
	if (!lay_out()) {
		fputs("draw_states: a state has no place in the drawing\n", stderr);
		return 1;
	}
	FILE *f = fopen(argv[1], "w");
	if (f == NULL) {
		perror(argv[1]);
		return 1;
	}
	draw(f);
	if (fclose(f) != 0) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
