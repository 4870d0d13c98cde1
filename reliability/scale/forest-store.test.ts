import { testChainStore } from '../../src/storage/chain-store.contract.ts';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { BlockForest } from './block-forest.ts';
import { ForestStore } from './forest-store.ts';

// One forest for all of them, so that every store is opened among blocks that others have stored.
const forest = new BlockForest(TEST_PARAMS);
testChainStore(async () => new ForestStore(forest, TEST_PARAMS));
