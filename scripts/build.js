import { ensureBuilt, ensureInstalled } from './lib.js';

ensureInstalled();
ensureBuilt({ force: true });
