/* ---
kind: date
from: 2026-05-01
to: 2026-01-01
week_starts: tuesday
--- */
