A matrix of sets can say which models run together; lists under `profiles`, as the very first releases had them, work again.
