export { cardMarkdown } from './card-markdown.ts';
export { type CardSubgroup, type ModelCard, modelCard } from './model-card.ts';
