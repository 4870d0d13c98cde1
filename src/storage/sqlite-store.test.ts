import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { testChainStore } from './chain-store.contract.ts';
import { openSqliteStore } from './sqlite-store.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-store-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(root, `${folders++}`);

testChainStore(() => openSqliteStore({ folder: newFolder(), params: TEST_PARAMS }));
