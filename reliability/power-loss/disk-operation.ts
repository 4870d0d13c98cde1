/** What a process does to a disk, as the system sees it: one operation after the other. */

export type DiskOperation =
  /** A new, empty file, which is called `file` from now on, whatever becomes of its name. */
  | { readonly type: 'create'; readonly path: string; readonly file: FileNumber }
  | { readonly type: 'write'; readonly file: FileNumber; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly type: 'truncate'; readonly file: FileNumber; readonly sizeBytes: number }
  /** What was written to the file until now is on the disk. */
  | { readonly type: 'sync'; readonly file: FileNumber }
  | { readonly type: 'remove'; readonly path: string }
  | { readonly type: 'rename'; readonly from: string; readonly to: string }
  /** The names in the folder are on the disk. */
  | { readonly type: 'sync-names'; readonly folder: string }
  /** Nothing to the disk: what the process has said of itself by then. */
  | { readonly type: 'say'; readonly text: string };

export type FileNumber = number;

/** The files under a folder, by their path relative to it. */
export type DiskImage = ReadonlyMap<string, Uint8Array>;
