import { objectStoreContract } from './contract.test-suite.ts';
import { folderStore } from './folder.ts';
import { openMemoryStore } from './memory.ts';

objectStoreContract('a folder of a store', async () => {
  const store = openMemoryStore();
  await store.put('outside', new Uint8Array([1]));
  return folderStore(store, 'in/here');
});
