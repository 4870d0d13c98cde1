/** Values drawn from a JSON Schema, and values that it refuses: as much of JSON Schema as our OpenAPI document uses. */
import fc from 'fast-check';

export interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** Values that `schema` allows. A schema that says nothing allows any JSON. */
export function allowedBy(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(allowedBy));
  switch (schema.type) {
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 2 ** 31 - 1, 2 ** 31 - 1) });
    case 'number':
      return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1e9, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'string':
      return textOf(schema);
    case 'array':
      return fc.array(allowedBy(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: schema.maxItems ?? 3,
      });
    case 'object':
      return fc.record(
        Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, value]) => [key, allowedBy(value)])),
        { requiredKeys: [...(schema.required ?? [])] },
      );
    default:
      return fc.jsonValue();
  }
}

/** Texts, as they would stand in a query or a path, that `schema` refuses; undefined where it refuses none. */
export function refusedBy(schema: JsonSchema): fc.Arbitrary<string> | undefined {
  if (schema.type === 'integer') {
    const outside = [(schema.minimum ?? 0) - 1, (schema.maximum ?? 2 ** 53 - 1) + 1].map(String);
    return fc.oneof(fc.constantFrom(...outside, '1.5', '1e1000', '0x10', 'NaN'), fc.stringMatching(/^[a-z]{1,8}$/));
  }
  if (schema.enum !== undefined)
    return fc.stringMatching(/^[a-z]{1,8}$/).filter((text) => !schema.enum?.includes(text));
  if (schema.type !== 'string') return undefined;
  const { pattern, maxLength } = schema;
  if (pattern !== undefined)
    return fc.stringMatching(/^[a-zA-Z0-9 %.-]{1,70}$/).filter((text) => !new RegExp(pattern).test(text));
  return maxLength === undefined ? undefined : fc.constant('x'.repeat(maxLength + 1));
}

function textOf({ pattern, format, minLength = 0, maxLength = 40 }: JsonSchema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  if (format === 'date-time')
    return fc.date({ noInvalidDate: true, min: EARLIEST, max: LATEST }).map((date) => date.toISOString());
  return fc.string({ minLength, maxLength: Math.min(maxLength, 40) });
}

const EARLIEST = new Date('1990-01-01T00:00:00Z');
const LATEST = new Date('2100-01-01T00:00:00Z');
