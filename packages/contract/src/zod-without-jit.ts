import { z } from 'zod';

// Workflow code runs in a sandbox that forbids `new Function`. A schema looks at this when it is made: whoever makes one
// that workflows may load imports this file first.
z.config({ jitless: true });
