export const kplanVersion = '0.1.0';
