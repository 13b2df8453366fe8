import { chooseTheme } from './appearance.ts';
import { followRun } from './follow-run.ts';

chooseTheme();
if (document.getElementById('news') !== null) followRun();
