-- SPDX-License-Identifier: Apache-2.0
-- The newest row of each person after $1, up to $2 rows away (the limit before the order: else all are sorted for each page); the order of columns is agent/medium/page.c.
-- args: 2
-- rows: many
SELECT DISTINCT ON (atena_no) atena_no, rireki_no, jumin_jotai, jumin_shubetsu, narabi,
       setai_no, shimei, shimei_furigana, shimei_alphabet, kyu_uji, kyu_uji_furigana,
       tsusho, tsusho_furigana, seinengappi, seibetsu, setainushi_shimei, zokugara, honseki,
       hittosha, jumin_to_natta_ymd, gaikokujin_jumin_ymd, jusho, katagaki, jusho_wo_sadameta_ymd,
       todokede_ymd, tennyu_mae_jusho, kojin_no, juminhyo_code, kokuseki_chiiki, ho30_45_kubun,
       zairyu_shikaku, zairyu_kikan, zairyu_manryo_ymd, zairyu_card_no, biko, ido_jiyu, ido_ymd,
       shojo_jiyu, shojo_ymd
FROM jumin.juminhyo WHERE atena_no > $1::text AND atena_no <= (
	SELECT max(atena_no) FROM (
		SELECT atena_no FROM jumin.juminhyo WHERE atena_no > $1::text ORDER BY atena_no LIMIT $2::integer) page)
ORDER BY atena_no, rireki_no DESC
