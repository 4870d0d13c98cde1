/** The file that names a network's parameters (docs/spec/params.md). */
import { readFile } from 'node:fs/promises';
import { assertNever } from '../core/assert.ts';
import { DEFAULT_PARAMS, type NetworkParams, type ParamsFault, parseParams } from '../core/params.ts';
import { CommandError, describeReadFailure, EXIT_CODES } from './command-error.ts';

/** The parameters in the file at `path`; the default network's where no file is named. */
export async function loadNetworkParams(path: string | undefined): Promise<NetworkParams> {
  if (path === undefined) return DEFAULT_PARAMS;
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const message = `${path}: the network file cannot be read: ${describeReadFailure(cause)}.`;
    throw new CommandError(EXIT_CODES.configuration, 'network-file-unreadable', message, cause);
  });
  const params = parseParams(text);
  if (params.ok) return params.value;
  const message = `${path}: ${describeParamsFault(params.fault)}`;
  throw new CommandError(EXIT_CODES.configuration, params.fault.code, message);
}

function describeParamsFault(fault: ParamsFault): string {
  switch (fault.code) {
    case 'params-not-json':
      return `a network file must hold one JSON object (${fault.reason}), {"name": "my-network"} for the least.`;
    case 'params-key-unknown':
      return `there is no parameter ${JSON.stringify(fault.key)}: look for a slip in its name.`;
    case 'params-value-invalid':
      return `the parameter ${JSON.stringify(fault.key)} must be ${fault.expected}.`;
    default:
      return assertNever(fault);
  }
}
