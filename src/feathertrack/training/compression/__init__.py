"""FDSiamFC's compression: a teacher becomes a narrow student, one convolution after another."""
