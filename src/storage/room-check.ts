/** Whether there is room on the disk: nothing but a write can tell. */
import type { Database } from './sqlite-database.ts';

/** Writes as much as a large submission needs, and takes it away again. Throws `store-full` where there is no room. */
export function checkRoom(database: Database): void {
  // Durable in between: what is taken away in the same transaction would never be written.
  database.transaction(() => database.exec(INSERT));
  database.transaction(() => database.exec(DELETE));
}

const ROOM_CHARACTERS = 1_048_576;

/** In a table that every format has. What a crash leaves there, the next check takes away. */
const INSERT = `INSERT OR REPLACE INTO meta (key, value) VALUES ('room', printf('%.*c', ${ROOM_CHARACTERS}, '-'))`;
const DELETE = "DELETE FROM meta WHERE key = 'room'";
