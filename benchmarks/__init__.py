"""Side-by-side measurements in one run, printing ratios. Nothing here is imported by the platform."""
