// What tRPC puts on the wire: plain JSON, so that any program can read it, with one addition. A bigint
// becomes {"$integer":"<digits>"}, since JSON numbers of that size are rounded by most readers. An
// object that has the field $integer itself is wrapped as {"$integer":{…}}, so that nothing is lost.

const mark = '$integer';

/** Give it to every link of a tRPC client too. */
export const exactTransformer = {
  serialize: (value: unknown): unknown => toJson(value),
  deserialize: (value: unknown): unknown => fromJson(value),
};

/** Most values hold no bigint: they are given back as they are, without a copy. */
function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return { [mark]: String(value) };
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return mapped(value, toJson);
  if (hasToJson(value)) return value;
  const converted = mappedFields(value, toJson);
  return Object.hasOwn(value, mark) ? { [mark]: converted } : converted;
}

function fromJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return mapped(value, fromJson);
  if (!Object.hasOwn(value, mark)) return mappedFields(value, fromJson);
  const marked: unknown = Reflect.get(value, mark);
  if (typeof marked === 'string' && /^-?\d{1,400}$/.test(marked)) return BigInt(marked);
  if (typeof marked === 'object' && marked !== null) return mappedFields(marked, fromJson);
  return value;
}

function mapped(
  list: readonly unknown[],
  convert: (value: unknown) => unknown,
): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    const converted = convert(item);
    if (converted === item) continue;
    copy ??= [...list];
    copy[index] = converted;
  }
  return copy ?? list;
}

function mappedFields(value: object, convert: (value: unknown) => unknown): object {
  let changed: Map<string, unknown> | undefined;
  for (const [name, field] of Object.entries(value)) {
    const converted = convert(field);
    if (converted === field) continue;
    changed ??= new Map(Object.entries(value));
    changed.set(name, converted);
  }
  return changed === undefined ? value : Object.fromEntries(changed);
}

function hasToJson(value: object): boolean {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}
