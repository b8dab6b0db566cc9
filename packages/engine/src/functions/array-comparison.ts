// `x op ANY (array)` and `x op ALL (array)`, with true, false and unknown.

import { type ArrayElement, elementsOf } from './array-form.ts';
import { itemOfCell } from './array-functions.ts';
import { compareItems } from './array-order.ts';
import { textOf } from './cells.ts';
import { compare, decimalOf } from './decimal.ts';
import { sqlFault } from './function-error.ts';
import { type Answer, type Cell, type SqlFunction, scalar } from './function-types.ts';
import { spanOf } from './interval.ts';
import { parseInterval } from './interval-input.ts';
import { compareJsonb, normalized, parseJson } from './json-value.ts';
import { isLike } from './like.ts';
import { cellOfItem } from './output.ts';
import { kindOf } from './pg-types.ts';
import { compileRegex } from './regex.ts';
import { arrayOfCell } from './text-array.ts';

type Check = (value: Cell, item: ArrayElement) => boolean;

/** The order of two values of a type. */
function orderOf(element: number): (a: Cell, b: ArrayElement) => number {
  switch (kindOf(element)) {
    case 'numeric':
      return (a, b) => compare(decimalOf(a), decimalOf(cellOfItem(b)));
    case 'interval':
      return (a, b) => Number(spanOf(parseInterval(textOf(a))) - spanOf(parseInterval(String(b))));
    case 'jsonb':
      return (a, b) =>
        compareJsonb(normalized(parseJson(textOf(a))), normalized(parseJson(String(b))));
    case 'float4':
    case 'float8':
      return (a, b) => compareItems(itemOfCell(a), typeof b === 'string' ? Number(b) : b);
    default:
      return (a, b) => compareItems(itemOfCell(a), b);
  }
}

function checkOf(operator: string, element: number): Check {
  const order = orderOf(element);
  switch (operator) {
    case '=':
      return (a, b) => order(a, b) === 0;
    case '<>':
    case '!=':
      return (a, b) => order(a, b) !== 0;
    case '<':
      return (a, b) => order(a, b) < 0;
    case '<=':
      return (a, b) => order(a, b) <= 0;
    case '>':
      return (a, b) => order(a, b) > 0;
    case '>=':
      return (a, b) => order(a, b) >= 0;
    default:
      return patternCheck(operator);
  }
}

function patternCheck(operator: string): Check {
  const isNegated = operator.startsWith('!');
  const isFolded = operator.endsWith('*');
  switch (operator.replace(/^!/, '').replace(/\*$/, '')) {
    case '~~':
      return (a, b) => {
        const [text, pattern] = [textOf(a), String(b)];
        const isMatch = isFolded
          ? isLike(text.toLowerCase(), pattern.toLowerCase())
          : isLike(text, pattern);
        return isMatch !== isNegated;
      };
    case '~':
      return (a, b) => compileRegex(String(b), isFolded ? 'i' : '').test(textOf(a)) !== isNegated;
    case '^@':
      return (a, b) => textOf(a).startsWith(String(b)) !== isNegated;
    default:
      throw sqlFault('0A000', `operator ${operator} is not supported with arrays`);
  }
}

/** `decisive` is what one item settles: true for ANY, false for ALL. */
function overArray(decisive: boolean): (...args: readonly Cell[]) => Answer {
  return (value = null, operator = null, array = null, element = 25) => {
    if (array === null) return null;
    const check = checkOf(textOf(operator), Number(element));
    let hasUnknown = false;
    for (const item of elementsOf(arrayOfCell(array))) {
      if (item === null || value === null) hasUnknown = true;
      else if (check(value, item) === decisive) return decisive;
    }
    return hasUnknown ? null : !decisive;
  };
}

export const arrayComparisonFunctions: readonly SqlFunction[] = [
  scalar('pg_array_any', [3, 4], overArray(true), { isStrict: false }),
  scalar('pg_array_all', [3, 4], overArray(false), { isStrict: false }),
];
