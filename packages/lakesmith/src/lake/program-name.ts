/** How commits name the program that made them. */
export const programName = 'Lakesmith/0.1.0';
