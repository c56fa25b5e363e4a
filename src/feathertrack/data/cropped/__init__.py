"""Sets of square crops: their table, and the layouts of pysot and FDSiamFC."""
