import { afterAll } from 'vitest';
import { forgetSecrets } from '../../../src/lib/known-secrets.ts';

// Test files of these projects share a process, and a secret of one would be blotted out of another's texts.
afterAll(forgetSecrets);
