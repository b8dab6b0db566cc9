// Formats of to_char(), to_timestamp() and to_date(): a template cut into fields and plain text (formatting.c).

export interface TimeField {
  readonly kind: 'field';
  /** The canonical name, in capitals for what has no case: HH24, MON, Month, day, … */
  readonly name: string;
  /** FM: no padding. */
  readonly isBare: boolean;
  /** TH and th: an ordinal's ending. */
  readonly ordinal: 'TH' | 'th' | undefined;
}

export interface TimeText {
  readonly kind: 'text';
  readonly text: string;
  /** In double quotes: taken as it is when text is read. */
  readonly isQuoted: boolean;
}

export type TimeNode = TimeField | TimeText;

/** Longer names first. Those in mixed case stand for three writings. */
const caselessNames = [
  'SSSSS',
  'SSSS',
  'Y,YYY',
  'IYYY',
  'YYYY',
  'HH24',
  'HH12',
  'IDDD',
  'IYY',
  'YYY',
  'DDD',
  'FF1',
  'FF2',
  'FF3',
  'FF4',
  'FF5',
  'FF6',
  'TZH',
  'TZM',
  'HH',
  'MI',
  'SS',
  'MS',
  'US',
  'MM',
  'DD',
  'ID',
  'WW',
  'IW',
  'CC',
  'IY',
  'YY',
  'OF',
  'D',
  'W',
  'J',
  'Q',
  'I',
  'Y',
] as const;
const caseNames = [
  'A.M.',
  'P.M.',
  'a.m.',
  'p.m.',
  'B.C.',
  'A.D.',
  'b.c.',
  'a.d.',
  'MONTH',
  'Month',
  'month',
  'MON',
  'Mon',
  'mon',
  'DAY',
  'Day',
  'day',
  'DY',
  'Dy',
  'dy',
  'AM',
  'PM',
  'am',
  'pm',
  'BC',
  'AD',
  'bc',
  'ad',
  'RM',
  'rm',
  'TZ',
  'tz',
] as const;

const allNames: readonly string[] = [...caseNames, ...caselessNames].sort(
  (a, b) => b.length - a.length,
);

function fieldAt(template: string, at: number): string | undefined {
  const rest = template.slice(at, at + 5);
  const upper = rest.toUpperCase();
  return allNames.find((name) =>
    (caseNames as readonly string[]).includes(name)
      ? rest.startsWith(name)
      : upper.startsWith(name),
  );
}

/** Templates that are kept cut up. */
const keptMax = 200;
const kept = new Map<string, readonly TimeNode[]>();

export function parseTimeFormat(template: string): readonly TimeNode[] {
  const known = kept.get(template);
  if (known !== undefined) return known;
  const nodes = cutUp(template);
  if (kept.size >= keptMax) kept.clear();
  kept.set(template, nodes);
  return nodes;
}

function cutUp(template: string): TimeNode[] {
  const nodes: TimeNode[] = [];
  let [isBare, isTranslated] = [false, false];
  for (let at = 0; at < template.length; ) {
    const modifier = /^(FM|TM|FX|fm|tm|fx)/.exec(template.slice(at, at + 2))?.[0];
    if (modifier !== undefined) {
      if (/fm/i.test(modifier)) isBare = true;
      if (/tm/i.test(modifier)) isTranslated = true;
      at += 2;
      continue;
    }
    const name = fieldAt(template, at);
    if (name !== undefined) {
      at += name.length;
      const ordinal = /^(TH|th)/.exec(template.slice(at, at + 2))?.[0] as 'TH' | 'th' | undefined;
      if (ordinal !== undefined) at += 2;
      if (/^SP/i.test(template.slice(at, at + 2))) at += 2;
      // Names in the session's language, which is English here, are never padded.
      const isName = isTranslated && /^(MONTH|MON|DAY|DY)$/i.test(name);
      nodes.push({ kind: 'field', name, isBare: isBare || isName, ordinal });
      [isBare, isTranslated] = [false, false];
      continue;
    }
    at = takeText(template, at, nodes);
  }
  return nodes;
}

function takeText(template: string, start: number, nodes: TimeNode[]): number {
  if (template[start] !== '"') {
    const isEscaped = template[start] === '\\' && template[start + 1] === '"';
    const at = isEscaped ? start + 1 : start;
    nodes.push({ kind: 'text', text: template[at] ?? '', isQuoted: false });
    return at + 1;
  }
  let text = '';
  let at = start + 1;
  for (; at < template.length && template[at] !== '"'; at++) {
    if (template[at] === '\\') at++;
    text += template[at] ?? '';
  }
  nodes.push({ kind: 'text', text, isQuoted: true });
  return at + 1;
}

export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
export const dayNames = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const;
export const romanMonths = [
  'I',
  'II',
  'III',
  'IV',
  'V',
  'VI',
  'VII',
  'VIII',
  'IX',
  'X',
  'XI',
  'XII',
] as const;
