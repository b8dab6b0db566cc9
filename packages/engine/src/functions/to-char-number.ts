// to_char() and to_number() of numbers (formatting.c, NUM_processor).

import { numberOf, textOf } from './cells.ts';
import {
  type Decimal,
  decimalOf,
  formatDecimal,
  parseDecimal,
  powerOfTen,
  round,
} from './decimal.ts';
import { sqlFault } from './function-error.ts';
import { type Cell, type SqlFunction, scalar } from './function-types.ts';
import { withOrdinal } from './to-char-time.ts';
import { absolute } from './transcendental.ts';

interface NumberFormat {
  /** Nodes of the template in order: digits, separators, signs, text. */
  readonly nodes: readonly string[];
  readonly digitsBefore: number;
  readonly digitsBehind: number;
  /** Place of the first 0 among the digits before the point; undefined where there is none. */
  readonly zeroFrom: number | undefined;
  readonly lastZeroBehind: number;
  readonly isBare: boolean;
  readonly sign: 'none' | 'S' | 'MI' | 'PL' | 'SG' | 'PR';
  readonly isSignLast: boolean;
  readonly shift: number;
  readonly isRoman: 'RN' | 'rn' | undefined;
  readonly isExponent: boolean;
}

const nodePattern = /FM|EEEE|MI|PL|SG|PR|RN|TH|SP|"(?:[^"\\]|\\.)*"|[\s\S]/giy;

function parseFormat(template: string): NumberFormat {
  const nodes: string[] = [];
  let [before, behind, lastZeroBehind, shift] = [0, 0, 0, 0];
  let zeroFrom: number | undefined;
  let [isBehind, isShift, isBare, isExponent, isSignLast] = [false, false, false, false, false];
  let sign: NumberFormat['sign'] = 'none';
  let isRoman: NumberFormat['isRoman'];
  for (const [text] of template.matchAll(new RegExp(nodePattern, 'gi'))) {
    const upper = text.toUpperCase();
    if (upper === 'FM') isBare = true;
    else if (upper === 'EEEE') isExponent = true;
    else if (upper === 'RN') isRoman = text === 'rn' ? 'rn' : 'RN';
    else if (upper === '9' || upper === '0') {
      if (sign === 'PR') throw sqlFault('42601', '"9" must be ahead of "PR"');
      if (isShift) shift++;
      if (isBehind) {
        behind++;
        if (upper === '0') lastZeroBehind = behind;
      } else {
        if (upper === '0' && zeroFrom === undefined) zeroFrom = before;
        before++;
      }
    } else if (upper === '.' || upper === 'D') {
      if (isBehind) throw sqlFault('42601', 'multiple decimal points');
      isBehind = true;
    } else if (upper === 'V') isShift = true;
    else if (/^(S|MI|PL|SG|PR)$/.test(upper)) {
      if (upper === 'S' && sign === 'S') throw sqlFault('42601', 'cannot use "S" twice');
      sign = upper as NumberFormat['sign'];
      isSignLast = before + behind > 0;
    }
    nodes.push(text);
  }
  return {
    nodes,
    digitsBefore: before,
    digitsBehind: behind,
    zeroFrom,
    lastZeroBehind,
    isBare,
    sign,
    isSignLast,
    shift,
    isRoman,
    isExponent,
  };
}

const keptMax = 200;
const kept = new Map<string, NumberFormat>();

function formatOf(template: string): NumberFormat {
  const known = kept.get(template);
  if (known !== undefined) return known;
  const format = parseFormat(template);
  if (kept.size >= keptMax) kept.clear();
  kept.set(template, format);
  return format;
}

const romans: readonly (readonly [number, string])[] = [
  [1_000, 'M'],
  [900, 'CM'],
  [500, 'D'],
  [400, 'CD'],
  [100, 'C'],
  [90, 'XC'],
  [50, 'L'],
  [40, 'XL'],
  [10, 'X'],
  [9, 'IX'],
  [5, 'V'],
  [4, 'IV'],
  [1, 'I'],
];
/** The longest numeral, MMMDCCCLXXXVIII. */
const romanWidth = 15;

function roman(value: number, { isRoman, isBare }: NumberFormat): string {
  if (value < 1 || value > 3_999) return isBare ? '###############' : '#'.repeat(romanWidth);
  let left = value;
  let text = '';
  for (const [size, letters] of romans) {
    for (; left >= size; left -= size) text += letters;
  }
  const shown = isRoman === 'rn' ? text.toLowerCase() : text;
  return isBare ? shown : shown.padStart(romanWidth);
}

function exponential(value: Decimal, { digitsBehind, sign, isBare }: NumberFormat): string {
  const text = numberOf(formatDecimal(value)).toExponential(digitsBehind);
  const [mantissa = '', exponent = ''] = text.split('e');
  const power = `${exponent.startsWith('-') ? '-' : '+'}${exponent.slice(1).padStart(2, '0')}`;
  const isNegative = mantissa.startsWith('-');
  const lead = isNegative ? '' : sign === 'S' ? '+' : isBare ? '' : ' ';
  return `${lead}${mantissa}e${power}`;
}

function written(value: Decimal, template: string): string {
  const format = formatOf(template);
  if (format.isRoman !== undefined) return roman(Number(formatDecimal(round(value, 0))), format);
  if (format.isExponent) return exponential(value, format);
  const shifted: Decimal =
    format.shift > 0
      ? { units: value.units * powerOfTen(format.shift), scale: value.scale }
      : value;
  const rounded = round(shifted, format.digitsBehind);
  // No place at all before the point is too few, even for a lone 0.
  const isPlaceless = format.digitsBefore === 0 && format.digitsBehind > 0;
  const isNegative = rounded.units < 0n;
  const [whole = '', fraction = ''] = formatDecimal(absolute(rounded)).split('.');
  const digits = whole === '0' ? '' : whole;
  const isTooLong = isPlaceless || digits.length > format.digitsBefore;
  const before = isTooLong
    ? '#'.repeat(format.digitsBefore)
    : digits.padStart(format.digitsBefore, ' ');
  const behind = isTooLong ? '#'.repeat(format.digitsBehind) : fraction;
  return new NumberWriter(format, { before, behind, isNegative, isZero: digits === '' }).text();
}

interface Digits {
  /** As many as the template has places, spaces for those that are not needed. */
  readonly before: string;
  readonly behind: string;
  readonly isNegative: boolean;
  readonly isZero: boolean;
}

class NumberWriter {
  readonly #format: NumberFormat;
  readonly #digits: Digits;
  #out = '';
  #place = 0;
  #behindPlace = 0;
  #isBehind = false;
  #hasDigits = false;
  #hasSign = false;

  constructor(format: NumberFormat, digits: Digits) {
    this.#format = format;
    this.#digits = digits;
    // Signs of these kinds stand where the template has them.
    this.#hasSign = /^(MI|SG)$/.test(format.sign) || (format.sign === 'S' && format.isSignLast);
  }

  text(): string {
    const { nodes, sign, isBare, isSignLast } = this.#format;
    for (const node of nodes) this.#node(node);
    if (!this.#hasDigits && !this.#hasSign && sign !== 'PR') this.#lead();
    const mark = this.#digits.isNegative ? '-' : '+';
    if (sign === 'S' && isSignLast) this.#out += mark;
    if (sign === 'PR') {
      if (this.#digits.isNegative) this.#out += '>';
      else if (!isBare) this.#out += ' ';
    }
    return this.#out;
  }

  /** What stands right before the first digit. */
  #lead(): void {
    const { sign, isBare } = this.#format;
    const { isNegative } = this.#digits;
    if (this.#hasSign) return;
    this.#hasSign = true;
    if (sign === 'PR') this.#out += isNegative ? '<' : isBare ? '' : ' ';
    else if (sign === 'S') this.#out += isNegative ? '-' : '+';
    else this.#out += isNegative ? '-' : isBare ? '' : ' ';
  }

  #node(node: string): void {
    const { isBare } = this.#format;
    const { isNegative, before, behind } = this.#digits;
    switch (node.toUpperCase()) {
      case '9':
      case '0':
        this.#digit();
        return;
      case ',':
      case 'G':
        if (this.#hasDigits) this.#out += ',';
        else if (!isBare) this.#out += ' ';
        return;
      case '.':
      case 'D':
        if (!this.#hasDigits) this.#lead();
        this.#isBehind = true;
        this.#hasDigits = true;
        if (!isBare || this.#keptBehind() > 0 || node.toUpperCase() === '.' || node === 'D')
          this.#out += '.';
        return;
      case 'MI':
        this.#out += isNegative ? '-' : isBare ? '' : ' ';
        return;
      case 'PL':
        this.#out += isNegative ? (isBare ? '' : ' ') : '+';
        return;
      case 'SG':
        this.#out += isNegative ? '-' : '+';
        return;
      case 'TH':
        if (isNegative || behind !== '' || before.includes('#')) return;
        this.#out += withOrdinal(before.trim() || '0', node === 'th' ? 'th' : 'TH').replace(
          /^\d+/,
          '',
        );
        return;
      case 'L':
        this.#out += isBare ? '' : ' ';
        return;
      case 'S':
      case 'PR':
      case 'FM':
      case 'V':
      case 'SP':
      case 'B':
        return;
      default:
        this.#out +=
          node.startsWith('"') && node.length > 1 ? node.slice(1, -1).replaceAll('\\', '') : node;
    }
  }

  /** Zeros at the end that FM takes off are not kept. */
  #keptBehind(): number {
    const { isBare, lastZeroBehind } = this.#format;
    const { behind } = this.#digits;
    return isBare ? Math.max(lastZeroBehind, behind.replace(/0+$/, '').length) : behind.length;
  }

  #digit(): void {
    const { zeroFrom, isBare, digitsBehind } = this.#format;
    const { before, behind, isZero } = this.#digits;
    if (this.#isBehind) {
      const place = this.#behindPlace++;
      if (place < this.#keptBehind()) this.#out += behind[place] ?? '0';
      return;
    }
    const place = this.#place++;
    const digit = before[place] ?? ' ';
    const isLast = place === before.length - 1;
    const isZeroShown = zeroFrom !== undefined && place >= zeroFrom;
    // A lone zero is shown where nothing stands behind the point.
    const isOnly = isZero && isLast && (digitsBehind === 0 || (isBare && this.#keptBehind() === 0));
    if (digit !== ' ' || isZeroShown || isOnly) {
      if (!this.#hasDigits) this.#lead();
      this.#hasDigits = true;
      this.#out += digit === ' ' ? '0' : digit;
    } else if (!isBare) this.#out += ' ';
  }
}

/** Takes from the text what the template has places for. */
function toNumber(text: string, template: string): string {
  const isNegative = /-/.test(text) || (/PR/i.test(template) && /<.*>/.test(text));
  const { digitsBefore, digitsBehind, shift, isExponent } = formatOf(template);
  if (isExponent) throw sqlFault('0A000', '"EEEE" not supported for input');
  const [whole = '', fraction = ''] = text.replaceAll(/[^\d.]/g, '').split('.');
  const hasPoint = /[.D]/i.test(template);
  const digits = whole.slice(0, Math.max(digitsBefore, hasPoint ? 0 : digitsBefore));
  const behind = hasPoint ? fraction.slice(0, digitsBehind) : '';
  if (digits === '' && behind === '') {
    throw sqlFault('22P02', 'invalid input syntax for type numeric: " "');
  }
  const decimal = parseDecimal(
    `${isNegative ? '-' : ''}${digits || '0'}${behind === '' ? '' : `.${behind}`}`,
  );
  if (decimal === undefined)
    throw sqlFault('22P02', `invalid input syntax for type numeric: "${text}"`);
  if (shift === 0) return formatDecimal(decimal);
  return formatDecimal({ units: decimal.units, scale: decimal.scale + shift });
}

/** Digits that a double has for certain. */
const doubleDigits = 15;

/** As printf() writes a double: of its exact value, with ties to the even digit. */
function decimalOfDouble(value: number, template: string): Decimal {
  const { digitsBehind, shift, isExponent } = formatOf(template);
  if (shift > 0 || isExponent || Number.isInteger(value)) return decimalOf(value);
  const wholeDigits = Math.abs(value).toFixed(0).length;
  const digits = Math.min(digitsBehind, Math.max(0, doubleDigits - wholeDigits));
  const exact = value.toFixed(100);
  const end = exact.length - 100 + digits;
  const isTie = /^50*$/.test(exact.slice(end));
  const cut = exact.slice(0, end);
  const isEven = /[02468]\.?$/.test(cut);
  return parseDecimal(isTie && isEven ? cut : value.toFixed(digits)) ?? decimalOf(value);
}

function charOf(value: Cell, template: string): string {
  if (template === '') return '';
  const decimal = typeof value === 'number' ? decimalOfDouble(value, template) : decimalOf(value);
  return written(decimal, template);
}

export const toCharNumberFunctions: readonly SqlFunction[] = [
  scalar('pg_to_char_number', 2, (value = null, template = null) =>
    charOf(value, textOf(template)),
  ),
  scalar('to_number', 2, (text = null, template = null) =>
    toNumber(textOf(text), textOf(template)),
  ),
];
