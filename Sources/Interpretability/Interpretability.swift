// Interpretability
