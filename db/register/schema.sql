-- SPDX-License-Identifier: Apache-2.0
-- The sample resident register, as a municipality would own it: not ours, and
-- changed by others. Histories are full rows (住民記録システム標準仕様書 1.2.1):
-- a change, a correction and a cancellation alike are a further row with the
-- next 履歴番号; nothing is updated or deleted.
-- Run once by the register's owner in a database of its own (UTF-8).

CREATE SCHEMA jumin;

-- 住民票. The last columns are the register's own business and never leave it.
CREATE TABLE jumin.juminhyo (
	atena_no              text NOT NULL,     -- 宛名番号
	rireki_no             integer NOT NULL,  -- 履歴番号
	jumin_jotai           char(1) NOT NULL,  -- 住民状態: 1 現存, 2 除票
	jumin_shubetsu        char(1) NOT NULL,  -- 住民種別: 1 日本人, 2 外国人
	narabi                integer NOT NULL,  -- 世帯内並び順
	setai_no              text NOT NULL,     -- 世帯番号
	shimei                text,              -- 氏名
	shimei_furigana       text,
	shimei_alphabet       text,
	kyu_uji               text,              -- 旧氏
	kyu_uji_furigana      text,
	tsusho                text,              -- 通称
	tsusho_furigana       text,
	seinengappi           text,              -- 生年月日, as recorded
	seibetsu              text,              -- 性別
	setainushi_shimei     text,              -- 世帯主氏名
	zokugara              text,              -- 続柄
	honseki               text,              -- 本籍
	hittosha              text,              -- 筆頭者
	jumin_to_natta_ymd    text,              -- 住民となった年月日
	gaikokujin_jumin_ymd  text,              -- 外国人住民となった年月日
	jusho                 text,              -- 住所
	katagaki              text,              -- 方書
	jusho_wo_sadameta_ymd text,              -- 住所を定めた年月日
	todokede_ymd          text,              -- 届出年月日
	tennyu_mae_jusho      text,              -- 転入前住所
	kojin_no              text,              -- 個人番号
	juminhyo_code         text,              -- 住民票コード
	kokuseki_chiiki       text,              -- 国籍・地域
	ho30_45_kubun         text,              -- 法第30条の45の規定による区分
	zairyu_shikaku        text,              -- 在留資格
	zairyu_kikan          text,              -- 在留期間
	zairyu_manryo_ymd     text,              -- 在留期間の満了の日
	zairyu_card_no        text,              -- 在留カード等の番号
	biko                  text,              -- 備考
	ido_jiyu              text,              -- 異動事由
	ido_ymd               text,              -- 異動日
	shojo_jiyu            text,              -- 消除事由
	shojo_ymd             text,              -- 消除年月日
	senkyo_flag           boolean NOT NULL DEFAULT false,
	kokuho_flag           boolean NOT NULL DEFAULT false,
	nenkin_flag           boolean NOT NULL DEFAULT false,
	jido_teate_flag       boolean NOT NULL DEFAULT false,
	shori_shokuin         text,              -- who keyed it in
	shori_at              timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (atena_no, rireki_no)
);
CREATE INDEX juminhyo_setai ON jumin.juminhyo (setai_no);

-- 印鑑登録
CREATE TABLE jumin.inkan (
	atena_no      text NOT NULL,
	rireki_no     integer NOT NULL,  -- of the seal's own history
	toroku_jotai  char(1) NOT NULL,  -- 1 登録, 2 廃止
	toroku_no     text NOT NULL,     -- 登録番号
	toroku_ymd    text NOT NULL,     -- 登録年月日
	haba_px       integer NOT NULL,  -- at 600 dpi
	takasa_px     integer NOT NULL,
	inei          bytea NOT NULL,    -- 印影: rows of (haba_px + 7) / 8 bytes, 1 = ink
	haishi_riyu   text,              -- the register's own
	PRIMARY KEY (atena_no, rireki_no)
);

-- 利用者証明用電子証明書: which serial belongs to whom (from 住基ネット).
CREATE TABLE jumin.shomeisho (
	atena_no        text NOT NULL,
	rireki_no       integer NOT NULL,  -- of the person's cards, all together
	yuko            boolean NOT NULL,  -- false = ended
	issuer_key_hash bytea NOT NULL,    -- SHA-256 of the CA's SubjectPublicKeyInfo
	serial          bytea NOT NULL,    -- big-endian
	PRIMARY KEY (atena_no, rireki_no)
);

-- 抑止・利用停止の申出. Why is nobody's business but the municipality's.
CREATE TABLE jumin.yokushi (
	taisho_kubun  char(1) NOT NULL,  -- 対象区分: 1 個人 (宛名番号), 2 世帯 (世帯番号)
	taisho_no     text NOT NULL,
	rireki_no     integer NOT NULL,
	yuko          boolean NOT NULL,  -- false = lifted by decision; an end date does not lift
	juminhyo      boolean NOT NULL,  -- 住民票の写し
	inkan         boolean NOT NULL,  -- 印鑑登録証明書
	riyu          text,              -- 理由
	shien_sochi   boolean NOT NULL DEFAULT false, -- 支援措置
	shuryo_ymd    text,              -- 終了予定日
	PRIMARY KEY (taisho_kubun, taisho_no, rireki_no)
);

-- What the agent is given: column by column, so that what is not listed cannot leave.
CREATE PUBLICATION kofu FOR TABLE
	jumin.juminhyo (atena_no, rireki_no, jumin_jotai, jumin_shubetsu, narabi, setai_no, shimei,
		shimei_furigana, shimei_alphabet, kyu_uji, kyu_uji_furigana, tsusho, tsusho_furigana,
		seinengappi, seibetsu, setainushi_shimei, zokugara, honseki, hittosha, jumin_to_natta_ymd,
		gaikokujin_jumin_ymd, jusho, katagaki, jusho_wo_sadameta_ymd, todokede_ymd,
		tennyu_mae_jusho, kojin_no, juminhyo_code, kokuseki_chiiki, ho30_45_kubun, zairyu_shikaku,
		zairyu_kikan, zairyu_manryo_ymd, zairyu_card_no, biko, ido_jiyu, ido_ymd, shojo_jiyu,
		shojo_ymd),
	jumin.inkan (atena_no, rireki_no, toroku_jotai, toroku_no, toroku_ymd, haba_px, takasa_px, inei),
	jumin.shomeisho (atena_no, rireki_no, yuko, issuer_key_hash, serial),
	jumin.yokushi (taisho_kubun, taisho_no, rireki_no, yuko, juminhyo, inkan);

DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kofu_agent') THEN
		CREATE ROLE kofu_agent LOGIN REPLICATION;
	END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another register's was first
END $$;
GRANT USAGE ON SCHEMA jumin TO kofu_agent;
GRANT SELECT (atena_no, rireki_no, jumin_jotai, jumin_shubetsu, narabi, setai_no, shimei,
	shimei_furigana, shimei_alphabet, kyu_uji, kyu_uji_furigana, tsusho, tsusho_furigana,
	seinengappi, seibetsu, setainushi_shimei, zokugara, honseki, hittosha, jumin_to_natta_ymd,
	gaikokujin_jumin_ymd, jusho, katagaki, jusho_wo_sadameta_ymd, todokede_ymd,
	tennyu_mae_jusho, kojin_no, juminhyo_code, kokuseki_chiiki, ho30_45_kubun, zairyu_shikaku,
	zairyu_kikan, zairyu_manryo_ymd, zairyu_card_no, biko, ido_jiyu, ido_ymd, shojo_jiyu,
	shojo_ymd) ON jumin.juminhyo TO kofu_agent;
GRANT SELECT (atena_no, rireki_no, toroku_jotai, toroku_no, toroku_ymd, haba_px, takasa_px, inei)
	ON jumin.inkan TO kofu_agent;
GRANT SELECT ON jumin.shomeisho TO kofu_agent;
GRANT SELECT (taisho_kubun, taisho_no, rireki_no, yuko, juminhyo, inkan) ON jumin.yokushi TO kofu_agent;
