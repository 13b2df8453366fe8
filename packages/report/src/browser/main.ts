import { chooseColourScale, chooseTheme } from './appearance.ts';
import { copyButtons } from './copy-buttons.ts';
import { curveLegend } from './curve-legend.ts';
import { readPageData } from './elements.ts';
import { imageTable } from './image-table.ts';
import { operatingPointForm } from './operating-point.ts';
import { imageViewer } from './viewer.ts';

const data = readPageData();
chooseTheme();
chooseColourScale();
curveLegend();
const judge = imageTable(data, imageViewer(data));
operatingPointForm(data, judge);
copyButtons();
