// SPDX-License-Identifier: Apache-2.0
// What kiosks were given, held against the books: nothing of it is lost, and no order was answered twice.
import { readFileSync } from 'node:fs';
import { MUNIS } from './world.mjs';

/** Lines "order manifest" of what kiosks accepted, against the books of servers and center. */
export function compare(w, ledger, check) {
  const rows = (database, text) => w.pg.sql(database, text).split('\n').filter(Boolean).map((l) => l.split('|'));
  const given = readFileSync(ledger, 'utf8').split('\n').filter(Boolean).map((l) => l.split(' '));
  const books = new Map(MUNIS.flatMap((m) => rows(`kofu_${m.code}`, "SELECT encode(order_id, 'hex'), encode(manifest_hash, 'hex') FROM issue")));
  const center = new Map(rows('kofu_center', "SELECT encode(order_id, 'hex'), encode(manifest_hash, 'hex') FROM order_log WHERE manifest_hash IS NOT NULL"));
  const lost = given.filter(([order, hash]) => books.get(order) !== hash || center.get(order) !== hash);
  const orders = new Map();
  const twice = given.filter(([order, hash]) => (orders.has(order) && orders.get(order) !== hash) || !orders.set(order, hash));
  check(`each of ${given.length} answers that kiosks hold is in the books of server and center`, given.length > 0 && lost.length === 0, JSON.stringify(lost.slice(0, 3)));
  check('no order was answered twice', twice.length === 0, JSON.stringify(twice.slice(0, 3)));
}
