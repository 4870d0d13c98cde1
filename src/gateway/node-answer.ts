/** What nodes answer, where the gateway reads it rather than passing it on. */
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { type JsonText, readMembers } from '../core/json-text.ts';
import { problem } from './problem.ts';

/**
 * `text` as `schema` describes it. For what holds no ledger JSON, or where only what stands beside it is looked at:
 * `JSON.parse` does not keep every key and number.
 */
export function readAnswer<Schema extends TSchema>(schema: Schema, text: JsonText): Static<Schema> {
  const value: unknown = JSON.parse(text);
  if (!Value.Check(schema, value)) {
    throw problem(
      'probe-protocol',
      'The node answered in a form that this gateway does not know: run one version of both.',
    );
  }
  return value;
}

/** The member `name` of the object that a node answered with, as the very text in which it stands there. */
export function memberText(text: JsonText, name: string): JsonText {
  const members = readMembers(text, { depthMax: ANSWER_DEPTH_MAX });
  const member = members.ok ? members.value.get(name) : undefined;
  if (member === undefined)
    throw problem('probe-protocol', `The node's answer has no \`${name}\`: run one version of both.`);
  return member;
}

/** Data nests at most 32 levels deep, and stands a few levels deep in an answer. */
const ANSWER_DEPTH_MAX = 48;
