import { engineContract } from '../contract/engine.test-suite.ts';
import { openDuckDb } from './engine.ts';

engineContract('DuckDB in this process', openDuckDb);
