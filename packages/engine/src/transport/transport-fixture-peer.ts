// A node for the tests of the transport, in a process of its own: tells its address, takes everything,
// answers nothing, and ends with its parent.

import { newIdentity, TestNode } from './transport-fixture.ts';

const node = new TestNode({ plaintext: true }, newIdentity());
node.onStream = (stream) => stream.receive({ onMessage: () => {}, onEnd: () => {} });
await node.start();
process.send?.(node.address);

const orphaned = () => process.exit(1);
process.once('disconnect', orphaned);
process.once('message', () => {
  // Told to stop: from here on nothing may keep the process alive.
  process.off('disconnect', orphaned);
  node.transport.stop().then(() => process.disconnect?.(), orphaned);
});
