The Playground tries models: images (OpenAI and Stable Diffusion), speech, transcription, reranking, embeddings, and a load test with real concurrency.
