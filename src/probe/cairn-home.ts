/** Where Cairn keeps things on this machine. Two homes on one machine are two worlds. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Paths only: whoever writes makes the folders, for the user alone (mode 0700). */
export interface CairnHome {
  readonly root: string;
  /** The list of running nodes. */
  readonly runningFolder: string;
  readonly configFile: string;
  /** How far files have been appended, one journal a file. */
  readonly appendsFolder: string;
  /** The keys that somebody signs with, and what was signed with them. */
  readonly keysFolder: string;
  /** What the node with this probe port keeps, unless it is told another folder. */
  nodeFolder(port: number): string;
}

/**
 * The home that `env` asks for: `CAIRN_HOME`, or else `cairn` in the folder for application state, which is
 * `XDG_STATE_HOME` where that is set, and what the platform has otherwise.
 */
export function resolveHome(env: NodeJS.ProcessEnv): CairnHome {
  const { CAIRN_HOME: chosen } = env;
  const root = isSet(chosen) ? resolve(chosen) : join(stateFolder(env), 'cairn');
  return {
    root,
    runningFolder: join(root, 'running'),
    configFile: join(root, 'config.json'),
    appendsFolder: join(root, 'appends'),
    keysFolder: join(root, 'keys'),
    nodeFolder: (port) => join(root, 'nodes', String(port)),
  };
}

function stateFolder(env: NodeJS.ProcessEnv): string {
  const { XDG_STATE_HOME: xdg, LOCALAPPDATA: localAppData, HOME: homeVariable } = env;
  // The XDG base directory specification has relative paths ignored.
  if (isSet(xdg) && resolve(xdg) === xdg) return xdg;
  const home = isSet(homeVariable) ? homeVariable : homedir();
  switch (process.platform) {
    case 'darwin':
      return join(home, 'Library', 'Application Support');
    case 'win32':
      return isSet(localAppData) ? localAppData : join(homedir(), 'AppData', 'Local');
    default:
      return join(home, '.local', 'state');
  }
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
