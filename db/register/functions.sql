-- SPDX-License-Identifier: Apache-2.0
-- What a clerk's screen would do: each call one transaction, each change a
-- further row. Plain INSERTs of the next 履歴番号 do as well.

-- A further row of one person: the newest one with the given columns replaced.
--   SELECT jumin.henko('1000019', '{"jusho": "架空県架空市例示町２番地", "ido_jiyu": "転居"}');
-- A JSON null empties a column. Returns the new 履歴番号.
CREATE FUNCTION jumin.henko(p_atena_no text, p_henko jsonb) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	v_row jumin.juminhyo;
BEGIN
	-- Two clerks at once must not take one number.
	PERFORM pg_advisory_xact_lock(hashtext(p_atena_no));
	SELECT * INTO STRICT v_row FROM jumin.juminhyo
		WHERE atena_no = p_atena_no ORDER BY rireki_no DESC LIMIT 1;
	v_row := jsonb_populate_record(v_row, p_henko);
	v_row.rireki_no := v_row.rireki_no + 1;
	v_row.atena_no := p_atena_no;
	v_row.shori_at := clock_timestamp();
	INSERT INTO jumin.juminhyo SELECT (v_row).*;
	RETURN v_row.rireki_no;
END $$;

-- 転居 of a whole household, in one transaction. Returns how many moved.
CREATE FUNCTION jumin.tenkyo(p_setai_no text, p_jusho text, p_katagaki text, p_ymd text)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	v_atena_no text;
	v_n integer := 0;
BEGIN
	FOR v_atena_no IN
		SELECT atena_no FROM (
			SELECT DISTINCT ON (atena_no) * FROM jumin.juminhyo ORDER BY atena_no, rireki_no DESC
		) newest
		WHERE setai_no = p_setai_no AND jumin_jotai = '1' ORDER BY narabi, atena_no
	LOOP
		PERFORM jumin.henko(v_atena_no, jsonb_build_object('jusho', p_jusho, 'katagaki', p_katagaki,
			'jusho_wo_sadameta_ymd', p_ymd, 'todokede_ymd', p_ymd, 'ido_jiyu', '転居', 'ido_ymd', p_ymd));
		v_n := v_n + 1;
	END LOOP;
	RETURN v_n;
END $$;

-- 廃印: the newest seal's row again, abolished.
CREATE FUNCTION jumin.inkan_haishi(p_atena_no text, p_riyu text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	v_row jumin.inkan;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext(p_atena_no));
	SELECT * INTO STRICT v_row FROM jumin.inkan
		WHERE atena_no = p_atena_no ORDER BY rireki_no DESC LIMIT 1;
	v_row.rireki_no := v_row.rireki_no + 1;
	v_row.toroku_jotai := '2';
	v_row.haishi_riyu := p_riyu;
	INSERT INTO jumin.inkan SELECT (v_row).*;
	RETURN v_row.rireki_no;
END $$;

-- 消除 (転出, 死亡 ...): the person's row, and with it the seal (転出 and 死亡 end it).
CREATE FUNCTION jumin.shojo(p_atena_no text, p_jiyu text, p_ymd text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	v_no integer;
BEGIN
	v_no := jumin.henko(p_atena_no, jsonb_build_object('jumin_jotai', '2', 'shojo_jiyu', p_jiyu,
		'shojo_ymd', p_ymd, 'ido_jiyu', p_jiyu, 'ido_ymd', p_ymd));
	IF (SELECT toroku_jotai FROM jumin.inkan WHERE atena_no = p_atena_no ORDER BY rireki_no DESC LIMIT 1) = '1' THEN
		PERFORM jumin.inkan_haishi(p_atena_no, p_jiyu);
	END IF;
	RETURN v_no;
END $$;

-- 利用停止の申出 and 抑止: p_kubun '1' 個人, '2' 世帯.
CREATE FUNCTION jumin.yokushi_settei(p_kubun text, p_no text, p_yuko boolean,
	p_juminhyo boolean DEFAULT true, p_inkan boolean DEFAULT true, p_riyu text DEFAULT NULL)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	v_no integer;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext(p_kubun || p_no));
	SELECT coalesce(max(rireki_no), 0) + 1 INTO v_no FROM jumin.yokushi
		WHERE taisho_kubun = p_kubun AND taisho_no = p_no;
	INSERT INTO jumin.yokushi (taisho_kubun, taisho_no, rireki_no, yuko, juminhyo, inkan, riyu)
		VALUES (p_kubun, p_no, v_no, p_yuko, p_juminhyo, p_inkan, p_riyu);
	RETURN v_no;
END $$;

-- 利用者証明用電子証明書の発行・失効.
CREATE FUNCTION jumin.shomeisho_settei(p_atena_no text, p_issuer_key_hash bytea, p_serial bytea, p_yuko boolean)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	v_no integer;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext(p_atena_no));
	SELECT coalesce(max(rireki_no), 0) + 1 INTO v_no FROM jumin.shomeisho WHERE atena_no = p_atena_no;
	INSERT INTO jumin.shomeisho (atena_no, rireki_no, yuko, issuer_key_hash, serial)
		VALUES (p_atena_no, v_no, p_yuko, p_issuer_key_hash, p_serial);
	RETURN v_no;
END $$;
