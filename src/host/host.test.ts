import { testHost } from './host.contract.ts';
import * as node from './host-node.ts';
import * as portable from './host-portable.ts';

testHost('Node', node);
testHost('anywhere', portable);
