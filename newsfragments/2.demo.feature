`twist llamaswap --demo` serves tiny generated models on a real llama.cpp, without any configuration or download.
