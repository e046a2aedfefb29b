import "@mantine/core/styles.css";
import "./styles.css";
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Fault, whenSignedOut } from "./api/client";
import { nonce, shareNonce } from "./nonce";
import { Console } from "./shell/console";
import { Enter } from "./shell/enter";
import { theme, variables } from "./theme";

const mayBeTriedAgain = (count: number, error: Error) =>
  count < 3 && error instanceof Fault && (error.status === 0 || error.status >= 500);

const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: mayBeTriedAgain, retryDelay: 1_000, refetchOnWindowFocus: false },
  },
});
whenSignedOut(() => queries.invalidateQueries({ queryKey: ["session"] }));

shareNonce();
const isEntering = location.pathname.endsWith("/enter");
const place = document.getElementById("console");
if (place) {
  createRoot(place).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={variables}
        defaultColorScheme="auto"
        colorSchemeManager={localStorageColorSchemeManager({ key: "tailorbird-colours" })}
        getStyleNonce={nonce}
      >
        <QueryClientProvider client={queries}>
          {isEntering ? <Enter /> : <Console />}
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
