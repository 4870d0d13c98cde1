/**
 * A signing key as text: an Ed25519 private key in PEM (RFC 7468), PKCS#8, under a passphrase or not, with a line before it
 * that names whom it signs as, so that a locked key can be told of, too. OpenSSL and Node read such a file as it is.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { type Did, didOfKey, parseDid } from '../core/did-key.ts';
import type { Signer } from '../core/ed25519.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';
import { encryptKey } from './key-encryption.ts';

/** What the text of a key says of it without being unlocked. */
export interface KeyFile {
  readonly text: string;
  readonly isLocked: boolean;
  /** Whom it signs as. Of a locked key it is the word of the file until that is unlocked; undefined where it says nothing. */
  readonly author: Did | undefined;
}

/** The text of `key` in a file, under `passphrase` where there is one. */
export function formatKeyFile(key: KeyObject, passphrase?: string): string {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  const pem = passphrase === undefined ? armour('PRIVATE KEY', der) : armour(LOCKED_LABEL, encryptKey(der, passphrase));
  return `${AUTHOR_LABEL}${authorOf(key)}\n${pem}`;
}

/** The key in `text`, a file of the name `where`. Throws a `CommandError` where it is none. */
export function parseKeyFile(text: string, where: string): KeyFile {
  if (text.includes(`-----BEGIN ${LOCKED_LABEL}-----`)) {
    const line = text.split('\n').find((candidate) => candidate.startsWith(AUTHOR_LABEL));
    return { text, isLocked: true, author: parseDid(line?.slice(AUTHOR_LABEL.length).trim() ?? '') };
  }
  return { text, isLocked: false, author: authorOf(readKey(text, where)) };
}

/** The text of `file`, which is locked, with the line that names whom it signs as; `key` is what is in it. */
export function withAuthor({ text }: KeyFile, key: KeyObject): string {
  const start = text.indexOf(`-----BEGIN ${LOCKED_LABEL}-----`);
  const [pem = ''] = text.slice(start).split(/(?<=-----END [A-Z ]+-----)/, 1);
  return `${AUTHOR_LABEL}${authorOf(key)}\n${pem}\n`;
}

/**
 * The private key in `file`, by `passphrase` where it is locked. Throws a `CommandError` where that is wrong, or the key
 * signs as somebody else than its file says.
 */
export function unlockKey(file: KeyFile, where: string, passphrase: string): KeyObject {
  if (!file.isLocked) return readKey(file.text, where);
  const key = readKey(file.text, where, passphrase);
  if (file.author !== undefined && file.author !== authorOf(key)) {
    const message = `${where}: the file says that it is the key of ${file.author}, and it is that of ${authorOf(key)}.`;
    throw new CommandError(EXIT_CODES.configuration, 'key-malformed', message);
  }
  return key;
}

/** What signs with `key`, an Ed25519 private key. */
export function signerWith(key: KeyObject): Signer {
  return { author: authorOf(key), sign: (message) => sign(null, message, key) };
}

/** Whom `key` signs as. */
export function authorOf(key: KeyObject): Did {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return didOfKey(Buffer.from(x, 'base64url'));
}

function readKey(text: string, where: string, passphrase?: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: text, ...(passphrase !== undefined && { passphrase }) });
  } catch (cause) {
    if (passphrase !== undefined) {
      const message = `${where}: the passphrase is wrong, or the file is damaged.`;
      throw new CommandError(EXIT_CODES.refused, 'passphrase-wrong', message, cause);
    }
    throw malformed(where, cause);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw malformed(where);
  return key;
}

function malformed(where: string, cause?: unknown): CommandError {
  const message = `${where}: this is no Ed25519 private key in PEM (PKCS#8), as \`cairn keys create\` and \`openssl genpkey -algorithm ed25519\` write it.`;
  return new CommandError(EXIT_CODES.configuration, 'key-malformed', message, cause);
}

function armour(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

const LOCKED_LABEL = 'ENCRYPTED PRIVATE KEY';
/** RFC 7468 §2 has readers pass over text before the key. */
const AUTHOR_LABEL = 'Author: ';
