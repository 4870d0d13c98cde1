import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { testChainStore } from './chain-store.contract.ts';
import { createMemoryStore } from './memory-store.ts';

testChainStore(async () => createMemoryStore(TEST_PARAMS));
