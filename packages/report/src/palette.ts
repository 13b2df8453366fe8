// Colours are the page's own (`page.css`), so that each theme has its shade. What has more parts than there are colours uses
// them again.
const scoreColours = 12;
const roleColours = 6;
const runColours = 8;

/** SVG dash patterns of the scores' curves, one a colour: colours alone tell nothing to some. */
const scoreDashes = [
  null,
  null,
  '7 3 2 3',
  '2 3',
  '9 3',
  '1 4',
  '5 2',
  '12 3 2 3',
  '4 2 1 2',
  '8 2 2 2 2 2',
  '3 6',
  '10 5',
] as const;
/** Of runs' curves; the second one's is solid, which lies below that of the first. */
const runDashes = ['6 3', null, '2 3', '9 3 2 3', '12 4', '1 4', '5 2'] as const;
/** Of trainings beside the members'. */
const trainingDashes = [null, '6 3', '2 3', '9 3 2 3'] as const;

/** How a line is drawn: a CSS colour, and an SVG dash pattern, null for a solid line. */
export interface LineLook {
  colour: string;
  dashes: string | null;
}

/** @param fromLast place of its definition, counted from the last: a method's own score comes last, and has the first colour */
export function scoreLine(fromLast: number): LineLook {
  const place = fromLast % scoreColours;
  return { colour: `var(--score-${place + 1})`, dashes: scoreDashes[place] ?? null };
}

/** Of a run among others. @param place among them: the first one is what the others are held against */
export function runLine(place: number): LineLook {
  return {
    colour: `var(--run-${(place % runColours) + 1})`,
    dashes: runDashes[place % runDashes.length] ?? null,
  };
}

/** @param roles of all members, in order */
export function roleColour(roles: readonly string[], role: string): string {
  return `var(--role-${(Math.max(0, roles.indexOf(role)) % roleColours) + 1})`;
}

/** Of the loss of a training that is no member's. @param place among those */
export function trainingLine(place: number): LineLook {
  return {
    colour: scoreLine(place).colour,
    dashes: trainingDashes[place % trainingDashes.length] ?? null,
  };
}

/** Roles in the order in which they first come. */
export function rolesOf(members: readonly { role: string }[]): string[] {
  return [...new Set(members.map(({ role }) => role))];
}
