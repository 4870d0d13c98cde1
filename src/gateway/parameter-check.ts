/**
 * Checks parameters by the schemas that are in the OpenAPI document. Integers are plain decimals only: no sign, no
 * leading zero, no exponent, so that one resource has one address.
 */
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { problem } from './problem.ts';

/** For Fastify's `setValidatorCompiler`. Bodies pass: they are bytes, and the routes or the nodes judge them. */
export const checkParameters: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  if (httpPart === 'body') return (body) => ({ value: body });
  return (texts: Readonly<Record<string, string>>) => {
    const values = Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, readInteger(schema, name, text)]),
    );
    if (Value.Check(schema, values)) return { value: values };
    const known = Object.keys(memberSchemas(schema));
    const [fault] = Value.Errors(schema, values);
    const unknown = Object.keys(values).find((name) => !known.includes(name));
    const parameter = fault?.instancePath.slice(1) || unknown || '';
    const detail =
      parameter === unknown
        ? `There is no parameter ${JSON.stringify(parameter)} here: these are ${known.join(', ')}.`
        : `The parameter ${JSON.stringify(parameter)} ${fault?.message ?? 'is not what the route takes'}.`;
    return { error: problem('parameter-invalid', detail, { facts: { parameter } }) };
  };
};

/** `text` as a number where `schema` has an integer by that name, and it is one. */
function readInteger(schema: TSchema, name: string, text: string): string | number {
  const member = new Map(Object.entries(memberSchemas(schema))).get(name);
  const isInteger = typeof member === 'object' && member !== null && 'type' in member && member.type === 'integer';
  return isInteger && INTEGER_TEXT.test(text) ? Number(text) : text;
}

function memberSchemas(schema: TSchema): object {
  if (!('properties' in schema) || typeof schema.properties !== 'object') return {};
  return schema.properties ?? {};
}

const INTEGER_TEXT = /^(0|[1-9][0-9]{0,14})$/;
