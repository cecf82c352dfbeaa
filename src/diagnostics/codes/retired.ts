/** Codes that older versions gave. Whoever searches for one must not find another meaning: they are never given again. */
export const retiredCodes: ReadonlySet<string> = new Set([
  'KP1202',
  'KP1203',
  'KP1204',
  'KP1205',
  'KP1206',
  'KP1208',
  'KP1209',
  'KP1211',
  'KP2732',
  'KP2733',
  'KP4016',
  'KP5010',
]);
