// Floating-point numbers as PostgreSQL writes them: the shortest digits that read back the same, with an
// exponent of two digits and more where there is one.

/** `digits` is extra_float_digits: 0 and less rounds to 15 and fewer digits. */
export function float8Text(value: number, digits: number): string {
  const magnitude = Math.abs(value);
  // JavaScript writes these the same way.
  if (digits > 0 && magnitude >= 1e-4 && magnitude < 1e15) return String(value);
  const special = specialText(value);
  if (special !== undefined) return special;
  return digits > 0
    ? exponentForm(String(value), 15)
    : exponentForm(rounded(value, Math.max(1, 15 + digits)), 15 + digits);
}

/** Of single precision. */
export function float4Text(value: number, digits: number): string {
  const special = specialText(value);
  if (special !== undefined) return special;
  if (digits <= 0) return exponentForm(rounded(value, Math.max(1, 6 + digits)), 6 + digits);
  const single = Math.fround(value);
  for (let precision = 1; precision < 9; precision++) {
    const text = single.toPrecision(precision);
    if (Math.fround(Number(text)) === single) return exponentForm(String(Number(text)), 6);
  }
  return exponentForm(String(Number(single.toPrecision(9))), 6);
}

function specialText(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return 'Infinity';
  if (value === Number.NEGATIVE_INFINITY) return '-Infinity';
  return Object.is(value, -0) ? '-0' : undefined;
}

function rounded(value: number, precision: number): string {
  return String(Number(value.toPrecision(precision)));
}

/** From JavaScript's form, which has exponents from 1e21 on, to that of C's `%g` with so many digits. */
function exponentForm(text: string, digitsMax: number): string {
  const [, sign, mantissa, exponentText] = /^(-?)([\d.]+)(?:e([+-]\d+))?$/.exec(text) ?? [];
  if (mantissa === undefined) return text;
  const [whole = '', fraction = ''] = mantissa.split('.');
  const all = `${whole}${fraction}`;
  const leading = all.length - all.replace(/^0+/, '').length;
  const digits = all.slice(leading).replace(/0+$/, '') || '0';
  const exponent = digits === '0' ? 0 : Number(exponentText ?? '0') + whole.length - leading - 1;
  if (exponent >= -4 && exponent < Math.max(digitsMax, 1)) {
    return exponentText === undefined ? text : plain(sign ?? '', digits, exponent);
  }
  const tail = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${sign}${digits[0]}${tail}e${exponent < 0 ? '-' : '+'}${power}`;
}

function plain(sign: string, digits: string, exponent: number): string {
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const padded = digits.padEnd(exponent + 1, '0');
  const whole = padded.slice(0, exponent + 1);
  const fraction = padded.slice(exponent + 1);
  return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}
