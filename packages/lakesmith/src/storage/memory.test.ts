import { objectStoreContract } from './contract.test-suite.ts';
import { openMemoryStore } from './memory.ts';

objectStoreContract('the memory store', async () => openMemoryStore());
