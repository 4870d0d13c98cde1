/**
 * Checks parameters by the schemas that are in the OpenAPI document. Integers are plain decimals only: no sign, no
 * leading zero, no exponent, so that one resource has one address.
 */
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { Value } from 'typebox/value';
import { problem } from './problem.ts';

/** For Fastify's `setValidatorCompiler`. Bodies pass: they are bytes, and the routes or the nodes judge them. */
export const checkParameters: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  if (httpPart === 'body') return (body) => ({ value: body });
  // Once for each route, because this is asked of every request.
  const members = memberSchemas(schema);
  const validator = Compile(schema);
  return (texts: Readonly<Record<string, ParameterText>>) => {
    const values = Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, readValue(members.get(name)?.type, text)]),
    );
    if (validator.Check(values)) return { value: values };
    const unknown = Object.keys(values).find((name) => !members.has(name));
    if (unknown !== undefined) {
      return refuse(
        unknown,
        `There is no parameter ${JSON.stringify(unknown)} here: these are ${[...members.keys()].join(', ')}.`,
      );
    }
    const [fault] = Value.Errors(schema, values);
    if (fault?.keyword === 'required') {
      const [missing = ''] = fault.params.requiredProperties;
      return refuse(missing, `The parameter ${JSON.stringify(missing)} is missing.`);
    }
    const [, parameter = ''] = fault?.instancePath.split('/') ?? [];
    const wrong =
      fault === undefined ? 'is not what the route takes' : describeFault(fault, members.get(parameter) ?? {});
    return refuse(parameter, `The parameter ${JSON.stringify(parameter)} ${wrong}.`);
  };
};

function refuse(parameter: string, detail: string): { readonly error: Error } {
  return { error: problem('parameter-invalid', detail, { facts: { parameter } }) };
}

/** What stands once is a text, and what stands several times an array. */
type ParameterText = string | readonly string[];

/** `text` as a number where `type` is that of an integer, and it is one; as a boolean likewise; as one of several for an array. */
function readValue(type: unknown, text: ParameterText): ParameterText | number | boolean {
  if (type === 'array') return typeof text === 'string' ? [text] : text;
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return type === 'integer' && typeof text === 'string' && INTEGER_TEXT.test(text) ? Number(text) : text;
}

/** What is wrong, for people who write addresses: what the checker says of it speaks of schemas. */
function describeFault(fault: TLocalizedValidationError, { description, anyOf = [] }: MemberSchema): string {
  switch (fault.keyword) {
    case 'type':
      return TYPE_DEMANDS.get(String(fault.params.type)) ?? fault.message;
    case 'minimum':
      return `must be ${fault.params.limit} or more`;
    case 'maximum':
      return `must be ${fault.params.limit} or less`;
    case 'maxItems':
      return `stands more than ${fault.params.limit} times`;
    case 'minLength':
      return 'is empty';
    case 'maxLength':
      return `has more than ${fault.params.limit} characters`;
    case 'const':
      return `must be ${anyOf.map((choice) => choice.const).join(' or ')}`;
    case 'pattern':
      return `must be: ${description?.replace(/\.$/, '') ?? fault.params.pattern}`;
    default:
      return fault.message;
  }
}

/** What is read of the schema of one parameter. */
interface MemberSchema {
  readonly type?: unknown;
  readonly description?: string;
  readonly anyOf?: readonly { readonly const?: unknown }[];
}

/** The schema of each parameter. */
function memberSchemas(schema: TSchema): ReadonlyMap<string, MemberSchema> {
  const members = 'properties' in schema && typeof schema.properties === 'object' ? (schema.properties ?? {}) : {};
  return new Map(Object.entries(members));
}

const TYPE_DEMANDS: ReadonlyMap<string, string> = new Map([
  ['integer', 'must be a whole number, in digits and once'],
  ['boolean', 'must be true or false, once'],
  ['string', 'stands more than once'],
]);

const INTEGER_TEXT = /^(0|[1-9][0-9]{0,14})$/;
