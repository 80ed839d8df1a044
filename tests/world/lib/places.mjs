// SPDX-License-Identifier: Apache-2.0
// The two fictitious municipalities and who lies on the demo's table with a card.
// Codes with a valid check digit of a prefecture that does not exist; everybody is fictitious.

export const MUNIS = [
  { code: '991015', prefecture: '架空県', name: '架空市', title: '長', mayor: '証明　一朗', koin: '架空市長之印', form: 'renki', phone: '000-0000-0101' },
  { code: '991023', prefecture: '架空県', name: '見本町', title: '長', mayor: '公証　文子', koin: '見本町長之印', form: 'kojin', phone: '000-0000-0102' },
];

/** name: card of whom (tests/world/register/README.md), in which municipality, with which status. */
export const CARDS = [
  { name: 'taro', muni: '991015', atena: '10000017' },
  { name: 'hanako', muni: '991015', atena: '10000025', generation: 1 },
  { name: 'yoshimi', muni: '991015', atena: '10000050' },
  { name: 'kuzu', muni: '991015', atena: '10000068' },
  { name: 'alice', muni: '991015', atena: '10000076' },
  { name: 'optout', muni: '991015', atena: '10000084' },
  { name: 'removed', muni: '991015', atena: '10000092' },
  { name: 'kou', muni: '991015', atena: '10000106' },
  { name: 'noseal', muni: '991015', atena: '10000157' },
  { name: 'gaiji', muni: '991015', atena: '10000165' },
  { name: 'rin', muni: '991015', atena: '10000173' },
  { name: 'furui', muni: '991015', atena: '10000181' },
  { name: 'mamoru', muni: '991015', atena: '10000190' },
  { name: 'revoked', muni: '991015', atena: '10000033', status: 'revoked' },
  { name: 'onhold', muni: '991015', atena: '10000041', status: 'hold' },
  { name: 'stranger', muni: null, atena: null },
  { name: 'machi', muni: '991023', atena: '10000017' },
  { name: 'machihanako', muni: '991023', atena: '10000025' },
  { name: 'machigaiji', muni: '991023', atena: '10000165' }, // the same name as gaiji: fonts/991023 has its character
];
export const PIN = '1234';

export const profile = (m, inquiryUrl, koin) => ({
  muni: m.code,
  prefecture: m.prefecture,
  name: m.name,
  mayor_title: m.title,
  mayor: m.mayor,
  form: m.form,
  window_phone: m.phone,
  inquiry_url: inquiryUrl,
  koin,
  kinds: {
    juminhyo: {
      fee_yen: 200,
      options: ['setainushi', 'honseki', 'kojin_no', 'jumin_code', 'kokuseki', 'zairyu'],
      open: '00:00',
      close: '24:00',
      closed_year_end: false,
      ninsho_all: 'この写しは、世帯全員の住民票の原本と相違ないことを証明する。',
      ninsho_part: 'この写しは、住民票の原本と相違ないことを証明する。',
    },
    kisai: {
      fee_yen: 200,
      options: ['setainushi', 'honseki', 'kojin_no', 'jumin_code', 'kokuseki', 'zairyu'],
      open: '00:00',
      close: '24:00',
      closed_year_end: false,
      ninsho_all: '世帯全員の住民票に記載された事項に相違ないことを証明する。',
      ninsho_part: '住民票に記載された事項に相違ないことを証明する。',
    },
    inkan: {
      fee_yen: 200,
      options: [],
      open: '00:00',
      close: '24:00',
      closed_year_end: false,
      ninsho_all: 'この写しは、登録された印影と相違ないことを証明する。',
    },
  },
});
