"""Training sets: readers, index, packing, pairs, augmentation, targets."""
