import { chooseColourScale, chooseTheme } from './appearance.ts';
import { copyButtons } from './copy-buttons.ts';
import { curveLegend } from './curve-legend.ts';
import { downloads } from './downloads.ts';
import { readPageData } from './elements.ts';
import { imageTable, tableOf } from './image-table.ts';
import { operatingPointForm } from './operating-point.ts';
import { imageViewer } from './viewer.ts';

const data = readPageData();
chooseTheme();
chooseColourScale();
curveLegend();
const table = tableOf(data);
const judge = imageTable(data, table, imageViewer(data));
operatingPointForm(data, judge);
downloads(data, table);
copyButtons();
