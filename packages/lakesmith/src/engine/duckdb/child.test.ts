import { engineContract } from '../contract.test-suite.ts';
import { openDuckDbProcess } from './child.ts';

engineContract('DuckDB in a process of its own', openDuckDbProcess);
