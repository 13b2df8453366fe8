/** Share of the structural part in how unlike image and reconstruction are; the rest is of the absolute difference. */
export const structuralShare = 0.85;
